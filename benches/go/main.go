// The workloads of `cores` as a Go program: `cores NAME` prints nanoseconds per operation, best of some
// rounds, and for `blocked` also the resident bytes of a goroutine.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

func spawnBatches() int {
	var wg sync.WaitGroup
	for i := 0; i < 5_000; i++ {
		wg.Add(100)
		for j := 0; j < 100; j++ {
			go wg.Done()
		}
		wg.Wait()
	}
	return 500_000
}

func spawnAtOnce() int {
	var wg sync.WaitGroup
	wg.Add(1_000_000)
	for i := 0; i < 1_000_000; i++ {
		go wg.Done()
	}
	wg.Wait()
	return 1_000_000
}

func creation() int {
	for i := 0; i < 1_000_000; i++ {
		go func() {}()
	}
	return 1_000_000
}

func spawnAndJoin() int {
	c := make(chan int)
	for i := 0; i < 200_000; i++ {
		go func() { c <- 1 }()
		<-c
	}
	return 200_000
}

func yields(goroutines, each int) int {
	var wg sync.WaitGroup
	wg.Add(goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			for j := 0; j < each; j++ {
				runtime.Gosched()
			}
			wg.Done()
		}()
	}
	wg.Wait()
	return goroutines * each
}

func pingPong() int {
	a, b := make(chan int), make(chan int)
	go func() {
		for v := range a {
			b <- v
		}
	}()
	for i := 0; i < 500_000; i++ {
		a <- i
		<-b
	}
	close(a)
	return 500_000
}

func pingPongAcross() int {
	a, b, ready := make(chan int), make(chan int), make(chan int)
	go func() {
		ready <- 1
		for v := range a {
			b <- v
		}
	}()
	for start := time.Now(); time.Since(start) < 2*time.Millisecond; {
	}
	<-ready
	for i := 0; i < 200_000; i++ {
		a <- i
		<-b
	}
	close(a)
	return 200_000
}

func pairs() int {
	var wg sync.WaitGroup
	for p := 0; p < 100; p++ {
		a, b := make(chan int), make(chan int)
		wg.Add(2)
		go func() {
			for i := 0; i < 5_000; i++ {
				a <- i
				<-b
			}
			wg.Done()
		}()
		go func() {
			for i := 0; i < 5_000; i++ {
				b <- <-a
			}
			wg.Done()
		}()
	}
	wg.Wait()
	return 500_000
}

func buffered(producers, items int) int {
	c, done := make(chan int, 128), make(chan int)
	var wg sync.WaitGroup
	for p := 0; p < producers; p++ {
		wg.Add(1)
		go func() {
			for i := 0; i < items; i++ {
				c <- i
			}
			wg.Done()
		}()
		go func() {
			n := 0
			for range c {
				n++
			}
			done <- n
		}()
	}
	wg.Wait()
	close(c)
	for p := 0; p < producers; p++ {
		<-done
	}
	return producers * items
}

func selectFanIn(capacity int) int {
	var c [4]chan int
	for s := range c {
		c[s] = make(chan int, capacity)
		go func(c chan int) {
			for i := 0; i < 100_000; i++ {
				c <- i
			}
		}(c[s])
	}
	for i := 0; i < 400_000; i++ {
		select {
		case <-c[0]:
		case <-c[1]:
		case <-c[2]:
		case <-c[3]:
		}
	}
	return 400_000
}

func mutex() int {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	for g := 0; g < 8; g++ {
		wg.Add(1)
		go func() {
			for i := 0; i < 200_000; i++ {
				mu.Lock()
				n++
				mu.Unlock()
			}
			wg.Done()
		}()
	}
	wg.Wait()
	return 1_600_000
}

func resident() int {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

var residentEach int
var madeEach time.Duration

func blocked(n int) int {
	gate := make(chan int)
	var ready, done sync.WaitGroup
	before, start := resident(), time.Now()
	ready.Add(n)
	done.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			ready.Done()
			<-gate
			done.Done()
		}()
	}
	ready.Wait()
	madeEach = time.Since(start) / time.Duration(n)
	residentEach = (resident() - before) / n
	close(gate)
	done.Wait()
	return n
}

func timers() int {
	var wg sync.WaitGroup
	wg.Add(100_000)
	for i := 0; i < 100_000; i++ {
		d := time.Duration(1+i%50) * time.Millisecond
		go func() {
			time.Sleep(d)
			wg.Done()
		}()
	}
	wg.Wait()
	return 100_000
}

func ring() int {
	first := make(chan int)
	from := first
	for i := 0; i < 10_000; i++ {
		to := make(chan int)
		go func(from, to chan int) {
			for v := range from {
				to <- v + 1
			}
			close(to)
		}(from, to)
		from = to
	}
	for i := 0; i < 20; i++ {
		go func() { first <- 0 }()
		<-from
	}
	close(first)
	<-from
	return 200_000
}

func leaves(c chan int, num, size int) {
	if size == 1 {
		c <- num
		return
	}
	rc := make(chan int)
	for i := 0; i < 10; i++ {
		go leaves(rc, num+i*(size/10), size/10)
	}
	sum := 0
	for i := 0; i < 10; i++ {
		sum += <-rc
	}
	c <- sum
}

func skynet() int {
	c := make(chan int)
	go leaves(c, 0, 1_000_000)
	<-c
	return 1_000_000
}

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func parallelFib(n int) int {
	if n < 24 {
		return fib(n)
	}
	c := make(chan int, 1)
	go func() { c <- parallelFib(n - 1) }()
	right := parallelFib(n - 2)
	return <-c + right
}

var workloads = map[string]struct {
	rounds int
	run    func() int
}{
	"spawn-batches":     {5, spawnBatches},
	"spawn-at-once":     {3, spawnAtOnce},
	"exercise4":         {3, creation},
	"spawn-and-join":    {5, spawnAndJoin},
	"yield-2":           {5, func() int { return yields(2, 500_000) }},
	"yield-1000":        {5, func() int { return yields(1_000, 1_000) }},
	"ping-pong":         {5, pingPong},
	"ping-pong-across":  {5, pingPongAcross},
	"pairs":             {5, pairs},
	"buffered-1x1":      {5, func() int { return buffered(1, 2_000_000) }},
	"buffered-4x4":      {5, func() int { return buffered(4, 500_000) }},
	"select-unbuffered": {5, func() int { return selectFanIn(0) }},
	"select-128":        {5, func() int { return selectFanIn(128) }},
	"mutex":             {5, mutex},
	"blocked":           {1, func() int { return blocked(1_000_000) }},
	"blocked-100k":      {1, func() int { return blocked(100_000) }},
	"timers":            {3, timers},
	"ring":              {3, ring},
	"skynet":            {3, skynet},
	"fib":               {3, func() int { parallelFib(36); return 1 }},
}

func main() {
	w := workloads[os.Args[1]]
	best := time.Duration(1 << 62)
	ops := 1
	for i := 0; i < w.rounds; i++ {
		start := time.Now()
		ops = w.run()
		best = min(best, time.Since(start))
	}
	fmt.Println(float64(best.Nanoseconds())/float64(ops), residentEach, madeEach.Nanoseconds())
}
