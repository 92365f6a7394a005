zdtm run: interrupted
