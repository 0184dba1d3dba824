package main

import (
	"fmt"
	"runtime"
)

func main() {
	fmt.Println(runtime.NumGoroutine())
	for n := 0; n < 10; n++ {
		go func() { <-make(chan int) }()
	}
	fmt.Println(runtime.NumGoroutine())
}
