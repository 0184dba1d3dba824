package main

import (
	"fmt"
)

func doWork() { fmt.Println("doing work") }

func main() {
	go doWork()
}
