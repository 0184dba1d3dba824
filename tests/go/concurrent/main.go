package main

import (
	"fmt"
)

func task1() { fmt.Println("task1") }

func task2() { fmt.Println("task2") }

func main() {
	go task1()
	task2()
}
