package main

import (
	"errors"
	"fmt"
	"sync"
)

func doImportantWork() error { return errors.New("db down") }

func main() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		doImportantWork()
	}()
	wg.Wait()
	fmt.Println("main end")
}
