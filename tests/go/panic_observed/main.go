package main

import (
	"fmt"
	"log"
	"sync/atomic"
	"time"
)

func doImportantWork() { panic("db down") }

func main() {
	var panics int64
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Printf("Panic in doImportantWork: %v", r)
				atomic.AddInt64(&panics, 1)
			}
		}()
		doImportantWork()
	}()
	time.Sleep(20 * time.Millisecond)
	fmt.Println("main end", atomic.LoadInt64(&panics))
}
