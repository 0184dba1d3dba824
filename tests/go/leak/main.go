package main

import (
	"fmt"
	"runtime"
)

var dataChannel = make(chan int)

func process(int) {}

func startProcessor() {
	go func() {
		for {
			data := <-dataChannel
			process(data)
		}
	}()
}

func main() {
	fmt.Println("before", runtime.NumGoroutine())
	for n := 0; n < 3; n++ {
		startProcessor()
	}
	fmt.Println("after", runtime.NumGoroutine())
}
