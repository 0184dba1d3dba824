package main

import (
	"fmt"
)

func main() {
	answer := make(chan int)
	go func() { answer <- 40 + 2 }()
	fmt.Println(<-answer)
}
