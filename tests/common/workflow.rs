//! Workflows of science, as shapes.
//!
//! They are those of the applications that are used to compare workflow systems (Montage, Epigenomics, 1000Genome, Cycles, BLAST,
//! Seismology; Coleman and others, "WfCommons", 2022): fork-joins and stencils.

/// For each task, in the order in which they are made, the tasks it needs.
pub struct Workflow {
    /// What it is called.
    pub name: &'static str,
    /// The tasks.
    pub tasks: Vec<Vec<usize>>,
}

impl Workflow {
    fn new(name: &'static str) -> Self {
        Workflow { name, tasks: Vec::new() }
    }

    fn task(&mut self, needs: impl IntoIterator<Item = usize>) -> usize {
        self.tasks.push(needs.into_iter().collect());
        self.tasks.len() - 1
    }

    /// One task for each of `needs`, of that alone.
    fn each(&mut self, needs: &[usize]) -> Vec<usize> {
        needs.iter().map(|&need| self.task([need])).collect()
    }

    fn roots(&mut self, count: usize) -> Vec<usize> {
        (0..count).map(|_| self.task([])).collect()
    }
}

/// Images are projected, the differences of neighbours fitted, a model of the background made and taken off each image, and all added.
fn montage(images: usize) -> Workflow {
    let mut flow = Workflow::new("montage");
    let projected = flow.roots(images);
    let fits: Vec<_> = projected.windows(2).map(|pair| flow.task(pair.to_vec())).collect();
    let fit = flow.task(fits);
    let model = flow.task([fit]);
    let corrected: Vec<_> = projected.iter().map(|&image| flow.task([image, model])).collect();
    let table = flow.task(corrected.clone());
    let added = flow.task(corrected.into_iter().chain([table]));
    let shrunk = flow.task([added]);
    flow.task([shrunk]);
    flow
}

/// Each lane is split, each piece goes through four steps, the pieces of a lane are merged, then the lanes.
pub fn epigenomics(lanes: usize, pieces: usize) -> Workflow {
    let mut flow = Workflow::new("epigenomics");
    let mut merged = vec![];
    for _ in 0..lanes {
        let split = flow.task([]);
        let mut step = vec![split; pieces];
        for _ in 0..4 {
            step = flow.each(&step);
        }
        merged.push(flow.task(step));
    }
    let all = flow.task(merged);
    let index = flow.task([all]);
    flow.task([index]);
    flow
}

/// Individuals of each chromosome are merged; every population is held against every chromosome twice.
fn thousand_genomes(chromosomes: usize, individuals: usize, populations: usize) -> Workflow {
    let mut flow = Workflow::new("1000genome");
    let people = flow.roots(populations);
    for _ in 0..chromosomes {
        let parts = flow.roots(individuals);
        let (merged, sifted) = (flow.task(parts), flow.task([]));
        for &population in &people {
            flow.task([merged, sifted, population]);
            flow.task([merged, sifted, population]);
        }
    }
    flow
}

/// Each field is simulated with and without fertiliser, the difference parsed; summaries of all three.
fn cycles(fields: usize) -> Workflow {
    let mut flow = Workflow::new("cycles");
    let baseline = flow.roots(fields);
    let simulated = flow.each(&baseline);
    let fertilised = flow.each(&baseline);
    let parsed: Vec<_> =
        simulated.iter().zip(&fertilised).map(|(&a, &b)| flow.task([a, b])).collect();
    let summaries = [flow.task(simulated), flow.task(fertilised), flow.task(parsed)];
    flow.task(summaries);
    flow
}

/// One split, many searches, two that put all together.
fn blast(searches: usize) -> Workflow {
    let mut flow = Workflow::new("blast");
    let split = flow.task([]);
    let found = flow.each(&vec![split; searches]);
    flow.task(found.clone());
    flow.task(found);
    flow
}

/// Deconvolutions of independent signals, sifted by one task.
fn seismology(signals: usize) -> Workflow {
    let mut flow = Workflow::new("seismology");
    let signals = flow.roots(signals);
    flow.task(signals);
    flow
}

/// A row of cells, each from itself and its neighbours one step before.
fn stencil(width: usize, steps: usize) -> Workflow {
    let mut flow = Workflow::new("stencil");
    let mut row = flow.roots(width);
    for _ in 1..steps {
        row = (0..width)
            .map(|at| flow.task(row[at.saturating_sub(1)..(at + 2).min(width)].to_vec()))
            .collect();
    }
    flow.task(row);
    flow
}

/// Chains that have nothing to do with each other, but for their end.
fn chains(count: usize, length: usize) -> Workflow {
    let mut flow = Workflow::new("chains");
    let mut ends = flow.roots(count);
    for _ in 1..length {
        ends = flow.each(&ends);
    }
    flow.task(ends);
    flow
}

/// Pieces reduced in a tree.
fn tree(leaves: usize, fan_in: usize) -> Workflow {
    let mut flow = Workflow::new("tree");
    let mut level = flow.roots(leaves);
    while level.len() > 1 {
        level = level.chunks(fan_in).map(|group| flow.task(group.to_vec())).collect();
    }
    flow
}

/// One of each, of some hundred tasks.
pub fn workflows() -> Vec<Workflow> {
    vec![
        montage(60),
        epigenomics(4, 40),
        thousand_genomes(6, 12, 5),
        cycles(70),
        blast(120),
        seismology(150),
        stencil(24, 12),
        chains(40, 10),
        tree(256, 2),
        tree(256, 8),
    ]
}
