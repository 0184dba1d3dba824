package main

import (
	"fmt"
	"sync"
)

func doWork() { fmt.Println("doing work") }

func main() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		doWork()
	}()
	wg.Wait()
}
