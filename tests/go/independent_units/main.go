package main

import (
	"fmt"
)

func main() {
	var numbers [1000]int
	for n := range numbers {
		numbers[n] = n + 1
	}
	parts, total := make(chan int), 0
	for n := 0; n < 4; n++ {
		go func(quarter []int) {
			sum := 0
			for _, number := range quarter {
				sum += number
			}
			parts <- sum
		}(numbers[250*n : 250*n+250])
	}
	for n := 0; n < 4; n++ {
		total += <-parts
	}
	fmt.Println(total)
}
