package main

import (
	"fmt"
	"runtime"
)

func main() {
	gate := make(chan int)
	for n := 0; n < 10000; n++ {
		go func() { <-gate }()
	}
	fmt.Println(runtime.NumGoroutine())
}
