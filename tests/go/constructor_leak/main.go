package main

import (
	"fmt"
	"runtime"
)

type Service struct{ work chan int }

func NewService() *Service {
	s := &Service{make(chan int)}
	go s.backgroundTask()
	return s
}

func (s *Service) backgroundTask() {
	for range s.work {
	}
}

func main() {
	services, unused := make([]*Service, 10), true
	for n := range services {
		services[n] = NewService()
	}
	for _, service := range services {
		unused = unused && len(service.work) == 0
	}
	fmt.Println(runtime.NumGoroutine(), unused)
}
