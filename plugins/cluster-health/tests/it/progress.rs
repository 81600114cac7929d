//! What somebody at a terminal is told while a reading takes long.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use quicktour_testkit::cluster;
use quicktour_testkit::terminal::Terminal;

use crate::support::bare;

/// Hands bytes on to the real API server, and its answers back a little at a time.
fn slow_way_to(server: &str) -> String {
    let server = server.to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, mut upstream) = (client.unwrap(), TcpStream::connect(&server).unwrap());
            let (mut asked, mut asking) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
            thread::spawn(move || {
                let _ = std::io::copy(&mut asked, &mut asking);
            });
            thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(length @ 1..) = upstream.read(&mut piece) {
                    thread::sleep(Duration::from_millis(250));
                    if client.write_all(&piece[..length]).is_err() {
                        break;
                    }
                }
                let _ = client.shutdown(Shutdown::Both);
            });
        }
    });
    address
}

#[test]
fn a_long_reading_is_told_at_a_terminal_and_nowhere_else() {
    let cluster = cluster::shared();
    let admin = std::fs::read_to_string(cluster.kubeconfig()).unwrap();
    let server = admin.lines().find_map(|line| line.trim().strip_prefix("server: https://")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("slow.kubeconfig");
    std::fs::write(&kubeconfig, admin.replace(server, &slow_way_to(server))).unwrap();

    let slow = || bare().env("KUBECONFIG", &kubeconfig).args(["--fail-on", "never", "--allow-partial"]);
    let terminal = Terminal::open(slow()).unwrap();
    terminal.wait_for_text(" objects").unwrap();
    let told = terminal.screen();
    assert!(told.trim().starts_with("read "), "{told}");
    let (code, screen) = terminal.end(Duration::from_mins(2)).unwrap();
    assert_eq!(code, 0, "{screen}");
    // The report stands where the line was.
    assert!(screen.trim_start().starts_with("cluster "), "{screen}");
    assert!(!screen.contains("read "), "{screen}");

    let piped = slow().run().unwrap();
    assert_eq!(piped.stderr, "", "{piped}");
}
