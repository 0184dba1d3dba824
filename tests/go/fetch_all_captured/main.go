package main

import (
	"fmt"
	"sync"
)

func fetch(url string) string { return "<" + url + ">" }

func main() {
	urls := []string{"a", "bbb", "cc"}
	results := make([]string, len(urls))
	var wg sync.WaitGroup
	wg.Add(len(urls))
	for i, url := range urls {
		go func() {
			defer wg.Done()
			page := fetch(url)
			results[i] = page
		}()
	}
	wg.Wait()
	fmt.Printf("%q\n", results)
}
