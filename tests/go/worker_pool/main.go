package main

import (
	"fmt"
	"runtime"
	"sync"
	"time"
)

func main() {
	requests, peak := make(chan int), 0
	var wg sync.WaitGroup
	wg.Add(8)
	for n := 0; n < 8; n++ {
		go func() {
			defer wg.Done()
			for range requests {
				time.Sleep(time.Microsecond)
			}
		}()
	}
	for n := 0; n < 1000; n++ {
		requests <- n
		if now := runtime.NumGoroutine(); now > peak {
			peak = now
		}
	}
	close(requests)
	wg.Wait()
	fmt.Println("peak", peak)
}
