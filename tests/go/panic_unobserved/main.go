package main

import (
	"fmt"
	"time"
)

func doImportantWork() { panic("db down") }

func main() {
	go doImportantWork()
	time.Sleep(100 * time.Millisecond)
	fmt.Println("main end")
}
