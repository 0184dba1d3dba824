module cores

go 1.21
