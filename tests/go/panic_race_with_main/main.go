package main

import (
	"fmt"
)

func main() {
	go func() {
		panic("something went wrong")
	}()
	fmt.Println("main continues")
}
