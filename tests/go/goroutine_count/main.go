package main

import (
	"fmt"
	"runtime"
)

func main() {
	fmt.Println("Goroutines:", runtime.NumGoroutine())
}
