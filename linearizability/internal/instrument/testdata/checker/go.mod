module github.com/mapspec/mapspec

go 1.26
