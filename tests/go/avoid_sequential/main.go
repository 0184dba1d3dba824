package main

import (
	"fmt"
)

func main() {
	first := 0
	go func() { first = 21 }()
	fmt.Println(2 * first)
}
