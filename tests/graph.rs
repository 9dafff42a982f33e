//! What a graph says about itself: counts, edges, names, longest path. Nothing runs for that.

use lazy_runtime::prelude::*;
use tests::both;

#[delayed]
fn inc(x: i64) -> i64 {
    x + 1
}

#[delayed]
fn double(x: i64) -> i64 {
    x * 2
}

#[delayed]
fn add(x: i64, y: i64) -> i64 {
    x + y
}

#[delayed]
fn sum(xs: Vec<i64>) -> i64 {
    xs.iter().sum()
}

#[test]
fn the_loop_of_the_tutorial_has_16_tasks_and_gives_50() {
    both(|_| {
        let mut output = vec![];
        for x in [1, 2, 3, 4, 5] {
            let a = inc(x);
            let b = double(x);
            output.push(add(a, b));
        }
        let total = sum(output);
        let graph = total.graph();
        assert_eq!((graph.len(), graph.n_tasks(), graph.edges().len()), (16, 16, 15));
        assert_eq!(graph.critical_path(), 3);
        assert_eq!(total.compute().unwrap(), 50);
    });
}

#[test]
fn data_and_a_literal_are_one_node_and_none() {
    let graph = (delayed(1) + 1).graph();
    assert_eq!((graph.len(), graph.n_tasks(), graph.critical_path()), (2, 1, 1));
    assert_eq!(graph.edges(), [(0, 1)]);
}

#[test]
fn two_tasks_into_one() {
    both(|_| {
        let z = add(inc(1), inc(2));
        let graph = z.graph();
        assert_eq!((graph.len(), graph.n_tasks()), (3, 3));
        assert_eq!(graph.edges(), [(0, 2), (1, 2)]);
        assert_eq!(graph.names(), ["inc", "inc", "add"]);
        assert_eq!(graph.critical_path(), 2);
        let kept = z.persist().unwrap();
        assert_eq!(
            (kept.graph().len(), kept.graph().n_tasks(), kept.compute().unwrap()),
            (1, 0, 5)
        );
    });
}

#[test]
fn a_list_of_handles_is_no_node_of_its_own() {
    let (one, two) = (delayed(1), delayed(2));
    assert_eq!(sum([&one, &two]).graph().len(), 3);
    assert_eq!(lazy_runtime::collect([one, two]).graph().len(), 3);
}

#[test]
fn a_shared_node_is_counted_once() {
    let x = inc(1);
    assert_eq!((add(&x, &x), &x, vec![double(&x)]).graph().len(), 3);
}

#[test]
fn a_node_used_twice_has_two_edges() {
    let x = inc(1);
    assert_eq!(add(&x, &x).graph().edges(), [(0, 1), (0, 1)]);
}

#[test]
fn dependencies_come_before_dependents() {
    let mut nodes = vec![inc(0), inc(1)];
    for i in 0..200_usize {
        let (a, b) = (&nodes[i * 7 % nodes.len()], &nodes[i * 13 % nodes.len()]);
        nodes.push(add(a, b));
    }
    let graph = nodes.graph();
    assert_eq!(graph.len(), 202);
    assert!(graph.edges().iter().all(|(from, to)| from < to));
}

#[test]
fn data_comes_before_what_uses_it() {
    #[delayed]
    fn load() -> String {
        "x".into()
    }
    let (x, suffix) = (load(), delayed("y".to_string()));
    let (first, second) = (x.map_ref(String::len), x.zip(&suffix));
    let all = (first, second);
    assert!(all.graph().edges().iter().all(|(from, to)| from < to), "{:?}", all.graph().edges());
    assert!(all.visualize().to_dot().contains("String"));
    assert_eq!(all.compute().unwrap(), (1, ("x".into(), "y".into())));
}

#[test]
fn the_longest_path_counts_tasks_not_data() {
    let x = delayed(1);
    let long = inc(inc(inc(&x)));
    assert_eq!(x.graph().critical_path(), 0);
    assert_eq!((&long, inc(&x)).graph().critical_path(), 3);
    assert_eq!(add(&long, inc(&x)).graph().critical_path(), 4);
}

#[test]
fn an_empty_collection_has_an_empty_graph() {
    let graph = Vec::<Delayed<i32>>::new().graph();
    assert!(graph.is_empty());
    assert_eq!((graph.len(), graph.n_tasks(), graph.critical_path()), (0, 0, 0));
    assert!(graph.edges().is_empty() && graph.names().is_empty());
}

#[test]
fn a_graph_outlives_its_handles() {
    let graph = add(inc(1), inc(2)).graph();
    assert_eq!(graph.clone().names().len(), 3);
}

#[test]
fn a_graph_is_what_it_was_when_it_was_asked_for() {
    let x = inc(1);
    let graph = x.graph();
    let _more = double(&x);
    assert_eq!(graph.len(), 1);
}

#[test]
fn debug_of_a_graph_is_short() {
    let text = format!("{:?}", add(inc(1), inc(2)).graph());
    assert_eq!(text, "Graph { len: 3, n_tasks: 3, n_edges: 2 }");
}
