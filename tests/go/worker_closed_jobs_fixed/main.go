package main

import (
	"fmt"
)

func main() {
	jobs, exited := make(chan int, 2), make(chan [2]int)
	go func() {
		var seen [2]int
		for job := range jobs {
			if job == 0 {
				seen[1]++
			} else {
				seen[0]++
			}
		}
		exited <- seen
	}()
	jobs <- 1
	jobs <- 2
	close(jobs)
	seen := <-exited
	fmt.Println("real", seen[0], "zero", seen[1])
}
