package main

import (
	"context"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	jobs, exited := make(chan int), make(chan int)
	go func() {
		for {
			select {
			case <-jobs:
			case <-ctx.Done():
				exited <- 0
				return
			}
		}
	}()
	jobs <- 3
	cancel()
	<-exited
	jobs <- 4
}
