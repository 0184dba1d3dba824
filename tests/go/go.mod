module twins

// The loop variables of Go 1.21, also with later Go.
go 1.21
