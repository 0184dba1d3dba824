package main

import (
	"context"
	"fmt"
	"time"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	resultCh := make(chan int, 1)
	resultCh <- 0
	cancel()
	select {
	case <-resultCh:
		fmt.Println("saved")
	case <-ctx.Done():
		fmt.Println("timed out")
	}
}
