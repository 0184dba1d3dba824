package main

import (
	"fmt"
	"strings"
	"time"
)

func handle(n int) string {
	time.Sleep(time.Millisecond)
	return fmt.Sprint("ok", n)
}

func main() {
	var answers [3]chan string
	for n := range answers {
		answers[n] = make(chan string, 1)
		go func(n int) { answers[n] <- handle(n) }(n)
	}
	var all []string
	for _, answer := range answers {
		all = append(all, <-answer)
	}
	fmt.Println("[" + strings.Join(all, " ") + "]")
}
