package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

var dataChannel = make(chan int)

func process(int) {}

func startProcessor(ctx context.Context, wg *sync.WaitGroup) {
	go func() {
		defer wg.Done()
		for {
			select {
			case data := <-dataChannel:
				process(data)
			case <-ctx.Done():
				return
			}
		}
	}()
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Add(3)
	for n := 0; n < 3; n++ {
		startProcessor(ctx, &wg)
	}
	fmt.Println("started", runtime.NumGoroutine())
	cancel()
	wg.Wait()
	time.Sleep(5 * time.Millisecond)
	fmt.Println("cancelled", runtime.NumGoroutine())
}
