package main

import (
	"fmt"
	"runtime"
)

func main() {
	for n := 0; n < 5; n++ {
		go func() {}()
	}
	fmt.Println(runtime.NumGoroutine())
}
