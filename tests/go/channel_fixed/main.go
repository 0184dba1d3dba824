package main

import (
	"fmt"
	"sync"
)

func main() {
	counterCh, total := make(chan int), make(chan int)
	go func() {
		count := 0
		for range counterCh {
			count++
		}
		total <- count
	}()
	var wg sync.WaitGroup
	wg.Add(100)
	for i := 0; i < 100; i++ {
		go func() {
			counterCh <- 1
			wg.Done()
		}()
	}
	wg.Wait()
	close(counterCh)
	fmt.Println(<-total)
}
