package main

import (
	"fmt"
)

func doWork() { fmt.Println("doing work") }

func main() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		doWork()
	}()
	<-done
}
