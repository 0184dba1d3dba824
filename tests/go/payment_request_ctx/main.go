package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	var charged, saved, late int64
	ctx, handlerReturns := context.WithCancel(context.Background())
	resultCh := make(chan int, 1)
	go func() {
		time.Sleep(10 * time.Millisecond)
		atomic.AddInt64(&charged, 1)
		resultCh <- 0
	}()
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		select {
		case <-resultCh:
			atomic.AddInt64(&saved, 1)
		case <-ctx.Done():
			atomic.AddInt64(&late, 1)
		}
	}()
	handlerReturns()
	wg.Wait()
	time.Sleep(30 * time.Millisecond)
	fmt.Println("charged", atomic.LoadInt64(&charged), "saved", atomic.LoadInt64(&saved), "timed out", atomic.LoadInt64(&late))
}
