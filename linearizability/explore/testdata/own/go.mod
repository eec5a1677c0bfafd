module example.com/own

go 1.26

require github.com/mapspec/mapspec v0.0.0

replace github.com/mapspec/mapspec => ../../../..
