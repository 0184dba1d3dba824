package main

func main() {
	data := make(chan int)
	go func() {
		for data := range data {
			_ = data + 1
		}
	}()
}
