module pmap

go 1.26
