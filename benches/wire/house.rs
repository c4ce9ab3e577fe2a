//! The real daemon as a process, with the API that it speaks to.

use std::{
    env, fs,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rosc::{OscMessage, OscPacket, OscType, encoder};

use crate::{
    PATIENCE,
    api::{Api, Heard},
};

/// The daemon and the API that it speaks to.
pub(crate) struct House {
    api: Api,
    pub(crate) daemon: Daemon,
    socket: UdpSocket,
}

impl House {
    /// Starts both, and waits until the stream is driven.
    pub(crate) fn open(directory: &Directory, state: &str) -> Self {
        let api = Api::start();
        let daemon = Daemon::start(directory, state, api.address);
        let house = Self { api, daemon, socket: UdpSocket::bind("127.0.0.1:0").unwrap() };
        // A stream is created with its look, or found again and told it.
        house.until("the stream", |heard| heard.starts_with("POST /v1/streams") || heard.is_update());
        house
    }

    pub(crate) fn send(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.daemon.osc).unwrap();
    }

    pub(crate) fn time_to_update(&self, datagram: &[u8]) -> Duration {
        let began = Instant::now();
        self.send(datagram);
        self.until("an update", Heard::is_update).at - began
    }

    /// Asks for a scene until the API has it, and returns the request.
    pub(crate) fn shows(&self, address: &str) -> Heard {
        // From another one, so that there is something to send.
        self.send(&osc("/segue/scene/c", &[]));
        thread::sleep(Duration::from_millis(200));
        self.send(&osc(address, &[]));
        self.until("the scene", |heard| heard.shows("mist"))
    }

    pub(crate) fn until(&self, what: &str, wanted: impl Fn(&Heard) -> bool) -> Heard {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            match self.api.heard.recv_timeout(PATIENCE) {
                Ok(heard) if wanted(&heard) => return heard,
                Ok(_) => {}
                Err(_) => break,
            }
        }
        panic!("{what} did not come: {}", fs::read_to_string(&self.daemon.log).unwrap_or_default())
    }
}

/// `segue run`; ends with its owner.
pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
    osc: SocketAddr,
    /// How long after its start it said that it was ready, and answered.
    pub(crate) ready: (Duration, Duration),
}

impl Daemon {
    pub(crate) fn start(directory: &Directory, state: &str, api: SocketAddr) -> Self {
        let osc = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let web = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let [file, log, manager] = ["show.yaml", "log", "notify"].map(|name| directory.0.join(name));
        fs::write(&file, show(api, osc, web)).unwrap();
        let _ = fs::remove_file(&manager);
        let notified = UnixDatagram::bind(&manager).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_segue"));
        command.arg("run").arg(&file).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(fs::File::create(&log).unwrap());
        command.env("STATE_DIRECTORY", directory.0.join(state)).env("NOTIFY_SOCKET", &manager);
        command.env("DAYDREAM_API_KEY", "sk-bench").env_remove("RUST_LOG").env_remove("JOURNAL_STREAM");
        let began = Instant::now();
        let child = command.spawn().unwrap();
        let mut daemon = Self { child, log, osc, ready: Default::default() };
        daemon.ready = thread::scope(|scope| {
            let healthy = scope.spawn(move || until_healthy(web) - began);
            (until_ready(&notified) - began, healthy.join().unwrap())
        });
        notified.set_read_timeout(None).unwrap();
        // A service manager goes on listening; a full socket would hold the daemon up.
        thread::spawn(move || while notified.recv(&mut []).is_ok() {});
        daemon
    }

    /// Returns the resident memory in MiB.
    pub(crate) fn resident(&self) -> f64 {
        let status = fs::read_to_string(self.proc("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
    }

    /// Returns the CPU time of all threads, from the scheduler: a tick of `stat` is 10 ms, as much as may be used at rest.
    pub(crate) fn cpu_time(&self) -> Duration {
        let nanoseconds = fs::read_dir(self.proc("task")).unwrap().map(|task| {
            let text = fs::read_to_string(task.unwrap().path().join("schedstat")).unwrap();
            text.split(' ').next().unwrap().parse::<u64>().unwrap()
        });
        Duration::from_nanos(nanoseconds.sum())
    }

    /// Returns how many datagrams the kernel had no room for.
    pub(crate) fn drops(&self) -> u64 {
        let port = format!(":{:04X}", self.osc.port());
        let table = fs::read_to_string(self.proc("net/udp")).unwrap();
        let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        rows.find(|row| row[1].ends_with(&port)).unwrap().last().unwrap().parse().unwrap()
    }

    fn proc(&self, name: &str) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string()).join(name)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn show(api: SocketAddr, osc: SocketAddr, web: SocketAddr) -> String {
    format!(
        "
show: Bench
streams:
  wall:
    backend: daydream
    environment: http://{api}
    api_key: {{ env: DAYDREAM_API_KEY }}
    start: a
    updates: {{ max_per_second: 30 }}
    status: {{ every: 5s }}
scenes:
  a: {{ prompt: mist, seed: 1, fade: 0s }}
  b: {{ prompt: city, seed: 2, fade: 0s }}
  c: {{ prompt: rain, seed: 3, fade: 0s }}
triggers:
  low: {{ when: {{ osc: /fader, args: [{{ below: 0.5 }}] }}, do: {{ scene: a }} }}
  high: {{ when: {{ osc: /fader, args: [{{ above: 0.5, below: 0.9 }}] }}, do: {{ scene: b }} }}
  top: {{ when: {{ osc: /fader, args: [{{ above: 0.9 }}] }}, do: {{ scene: c }} }}
inputs:
  osc: {{ listen: \"{osc}\" }}
web: {{ listen: \"{web}\" }}
"
    )
}

fn until_ready(notified: &UnixDatagram) -> Instant {
    notified.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut buffer = [0; 1024];
    loop {
        let length = notified.recv(&mut buffer).unwrap();
        if buffer[..length].starts_with(b"READY=1") {
            return Instant::now();
        }
    }
}

fn until_healthy(web: SocketAddr) -> Instant {
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect(web)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut answer = [0; 1024];
        let length = stream.read(&mut answer)?;
        Ok(answer[..length].starts_with(b"HTTP/1.1 200"))
    };
    let began = Instant::now();
    while !ask().unwrap_or(false) {
        assert!(began.elapsed() < PATIENCE, "the daemon does not answer");
        thread::sleep(Duration::from_micros(500));
    }
    Instant::now()
}

pub(crate) fn osc(address: &str, args: &[f32]) -> Vec<u8> {
    let args = args.iter().map(|arg| OscType::Float(*arg)).collect();
    encoder::encode(&OscPacket::Message(OscMessage { addr: address.to_owned(), args })).unwrap()
}

/// A directory that is gone afterwards.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        let path = env::temp_dir().join(format!("segue-bench-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
