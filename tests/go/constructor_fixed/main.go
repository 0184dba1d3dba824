package main

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"
)

type Service struct{}

func (s *Service) Start(ctx context.Context, wg *sync.WaitGroup) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		<-ctx.Done()
	}()
}

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	var services [10]Service
	var wg sync.WaitGroup
	for n := range services[:4] {
		services[n].Start(ctx, &wg)
	}
	fmt.Println(runtime.NumGoroutine())
	cancel()
	wg.Wait()
	time.Sleep(5 * time.Millisecond)
	fmt.Println(runtime.NumGoroutine())
}
