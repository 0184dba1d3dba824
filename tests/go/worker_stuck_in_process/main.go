package main

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	jobs, entered := make(chan int, 1), make(chan int)
	go func() {
		for {
			select {
			case <-jobs:
				close(entered)
				<-make(chan int)
			case <-ctx.Done():
				return
			}
		}
	}()
	jobs <- 1
	<-entered
	cancel()
	time.Sleep(5 * time.Millisecond)
	fmt.Println(runtime.NumGoroutine())
}
