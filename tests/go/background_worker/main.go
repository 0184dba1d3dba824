package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	jobs, exited := make(chan int, 5), make(chan int)
	for job := 0; job < 5; job++ {
		jobs <- job
	}
	go func() {
		processed := 0
		for {
			select {
			case <-jobs:
				processed++
			case <-ctx.Done():
				exited <- processed
				return
			}
		}
	}()
	cancel()
	fmt.Println("processed", <-exited)
	time.Sleep(5 * time.Millisecond)
	fmt.Println("left", runtime.NumGoroutine())
}
