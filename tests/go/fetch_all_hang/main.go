package main

import (
	"fmt"
	"strings"
	"sync"
)

func fetch(url string) string {
	if url == "bbb" {
		<-make(chan int)
	}
	return "<" + url + ">"
}

func main() {
	urls := []string{"a", "bbb", "cc"}
	results := make([]string, len(urls))
	var wg sync.WaitGroup
	wg.Add(len(urls))
	for i, url := range urls {
		i, url := i, url
		go func() {
			defer wg.Done()
			results[i] = fetch(url)
		}()
	}
	wg.Wait()
	fmt.Println("[" + strings.Join(results, " ") + "]")
}
