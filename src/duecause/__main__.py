from duecause.cli import main

main()
