package main

import (
	"fmt"
)

func doWork() { fmt.Println("doing work") }

func main() {
	done := make(chan bool)
	go func() {
		doWork()
		done <- true
	}()
	<-done
}
