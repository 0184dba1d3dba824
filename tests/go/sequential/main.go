package main

import (
	"fmt"
)

func main() {
	fmt.Println("task1")
	fmt.Println("task2")
}
