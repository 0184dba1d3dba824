package main

import (
	"fmt"
	"strings"
	"sync"
)

func fetch(url string) string { return "<" + url + ">" }

func fetchAll(urls []string) []string {
	results := make([]string, len(urls))
	var wg sync.WaitGroup
	for i, url := range urls {
		wg.Add(1)
		go func(index int, u string) {
			defer wg.Done()
			results[index] = fetch(u)
		}(i, url)
	}
	wg.Wait()
	return results
}

func main() {
	fmt.Println("[" + strings.Join(fetchAll([]string{"a", "bbb", "cc"}), " ") + "]")
}
