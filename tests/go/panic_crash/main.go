package main

import (
	"fmt"
	"time"
)

func main() {
	go func() {
		panic("something went wrong")
	}()
	time.Sleep(100 * time.Millisecond)
	fmt.Println("main continues")
}
