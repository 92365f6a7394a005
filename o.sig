Linux 6.18.44-fc-v595, refcr 0.1
passed  static/pty00                         h   ms: setup 3.0 dump 8.8 frozen 4.6 restore 5.7 check 0.3
passed  static/pty01                         h   ms: setup 1.3 dump 16.7 frozen 4.8 restore 17.9 check 0.8
passed  static/pty02                         h   ms: setup 12.9 dump 41.7 frozen 31.1 restore 74.0 check 6.1
passed  static/pty_async00                   h   ms: setup 6.5 dump 33.9 frozen 12.0 restore 55.6 check 2.7
passed  static/pty_blocked00@line            h   ms: setup 14.0 dump 37.4 frozen 29.8 restore 32.3 check 2.9
passed  static/pty_blocked00@full            h   ms: setup 15.2 dump 60.8 frozen 25.3 restore 56.8 check 5.2
passed  static/pty_blocked00@stopped         h   ms: setup 8.8 dump 29.6 frozen 14.3 restore 66.9 check 0.5
passed  static/pty_column00@tabs             h   ms: setup 6.6 dump 30.8 frozen 14.9 restore 37.8 check 0.8
passed  static/pty_column00@returns          h   ms: setup 4.6 dump 59.8 frozen 37.5 restore 50.6 check 3.3
passed  static/pty_column00@at_begin         h   ms: setup 5.8 dump 47.0 frozen 17.9 restore 40.9 check 0.3
passed  static/pty_column00@at_eight         h   ms: setup 6.0 dump 36.7 frozen 31.0 restore 27.5 check 2.4
