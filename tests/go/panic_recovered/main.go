package main

import (
	"fmt"
	"log"
	"time"
)

func main() {
	go func() {
		defer func() {
			if r := recover(); r != nil {
				log.Printf("Recovered from panic: %v", r)
			}
		}()
		panic("something went wrong")
	}()
	time.Sleep(20 * time.Millisecond)
	fmt.Println("main continues")
}
