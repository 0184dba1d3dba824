package main

import (
	"fmt"
	"os"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	wg.Add(2)
	for _, message := range []string{"one", "two"} {
		message := message
		go func() {
			defer wg.Done()
			fmt.Fprintln(os.Stderr, message)
		}()
	}
	wg.Wait()
}
