package main

import (
	"fmt"
	"time"
)

func main() {
	defer func() {
		fmt.Println("recovered", recover() != nil)
	}()
	go func() {
		panic("something went wrong")
	}()
	time.Sleep(100 * time.Millisecond)
}
