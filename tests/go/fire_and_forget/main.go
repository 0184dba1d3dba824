package main

import (
	"log"
)

func logAsync(message string) {
	go func() {
		log.Println(message)
	}()
}

func main() {
	logAsync("hello")
}
