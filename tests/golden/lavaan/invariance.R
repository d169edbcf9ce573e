# Reference figures of measurement invariance: Rscript invariance.R ratings.csv invariance.csv
# Made with R 4.2.2 and lavaan 0.6-14. Samples of ratings.csv are the groups of each set.
suppressMessages(library(lavaan))
arguments <- commandArgs(trailingOnly = TRUE)
table <- read.csv(arguments[1], colClasses = "character")
digits <- do.call(rbind, lapply(strsplit(table$ratings, ""), as.integer))
colnames(digits) <- paste0("item", seq_len(ncol(digits)))
data <- cbind(as.data.frame(digits), group = table$sample)

models <- list(
  conservation = "
    Security =~ item5 + item14 + item21 + item31 + item35
    Conformity =~ item7 + item16 + item28 + item36
    Tradition =~ item9 + item20 + item25 + item38",
  openness = "
    SelfDirection =~ item1 + item11 + item22 + item34
    Stimulation =~ item6 + item15 + item30
    Hedonism =~ item10 + item26 + item37",
  self_transcendence = "
    Benevolence =~ item12 + item18 + item27 + item33
    Universalism =~ item3 + item8 + item19 + item23 + item29 + item40",
  self_enhancement = "
    Achievement =~ item4 + item13 + item24 + item32
    Power =~ item2 + item17 + item39"
)
sets <- list(sig10 = grep("^sig10", unique(table$sample), value = TRUE),
             similar = grep("^similar", unique(table$sample), value = TRUE))
levels <- list(configural = "", metric = "loadings", scalar = c("loadings", "intercepts"))

rows <- NULL
for (set in names(sets)) for (name in names(models)) for (level in names(levels)) {
  own <- data[data$group %in% sets[[set]], ]
  fit <- suppressWarnings(cfa(models[[name]], data = own, std.lv = TRUE, group = "group",
                              group.label = sets[[set]], meanstructure = TRUE, group.equal = levels[[level]]))
  found <- fitMeasures(fit, c("chisq", "df", "cfi", "rmsea"))
  theta <- min(unlist(lapply(lavInspect(fit, "theta"), diag)))
  latent <- min(unlist(lapply(lavInspect(fit, "cov.lv"), function(x) min(eigen(x)$values))))
  rows <- rbind(rows, data.frame(set = set, model = name, level = level, as.list(round(found, 8)),
                                 smallest = round(theta, 8), latent = round(latent, 8)))
}
write.csv(rows, arguments[2], row.names = FALSE, quote = FALSE)
